"""From a payload to module packages: a source package from templates, built by debhelper."""
