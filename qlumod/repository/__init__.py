"""Signed apt repositories: what is published is never changed, only pointed elsewhere.

``pool/`` holds the packages. Each publication is a snapshot, an apt repository of its own over the
same pool: ``snapshots/<id>/dists/<suite>/``. A suite is one symbolic link, ``dists/<suite>``, and
its rename is the only moment at which anything changes for a reader.
"""
