"""Signed apt repositories: a published file never changes; suites point to snapshots.

``pool/`` holds the packages. Each publication is a snapshot, an apt repository of its own over the
same pool: ``snapshots/<id>/dists/<suite>/``. A suite is one symbolic link, ``dists/<suite>``, and
its rename is the only moment at which anything changes for a reader.
"""
