"""Signed apt repositories: a published file never changes; suites point to snapshots.

``pool/`` has the packages. Each publication is a snapshot, a separate apt repository over the same
pool: ``snapshots/<id>/dists/<suite>/``. A suite is a symbolic link, ``dists/<suite>``; readers see
a change only when it is renamed.
"""
