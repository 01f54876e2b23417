"""The command line: each verb is one call; only here are errors caught and exit codes set.

One file per verb: ``verify-stack`` lives in ``cli/verify_stack.py``, which defines a click command
(or a group of them) named ``command``; its one-line summary stands in the table of ``cli/main.py``.
A file of a verb looks like this::

    \"\"\"qlumod show: what a module holds.\"\"\"

    from qlumod.cli import options
    from qlumod.cli.screen import Reporter
    from qlumod.cli.wording import columns
    from qlumod.workflows.show import show
    from qlumod.workflows.workplace import Workplace


    @options.verb(examples=["qlumod show slurm", "qlumod show slurm --json"])
    @options.modules
    @options.looking
    @options.reports(logged=True)
    def command(*, modules: tuple[str, ...], workplace: Workplace, reporter: Reporter) -> None:
        \"\"\"Tell which packages a module holds.

        A second paragraph says what a person must know before using it.
        \"\"\"
        shown = show(workplace, modules, listen=reporter.listen)
        reporter.result({"modules": [_document(one) for one in shown]}, columns(map(_row, shown)))

A verb is one call of a workflow, or of a verb of one wing (``repository/verbs/`` …).
What that needs from the command line comes from the decorators in ``cli/options.py``, so
that one thing has one name everywhere; what people want once for a host or for themselves is a
setting of ``cli/settings/table.py``, which makes it an option, a variable and a field of
qlumod.conf.
``reporter.listen`` takes the core's events; ``reporter.result`` prints the answer: lines for
people, or with ``--json`` the document. Nothing else prints. A verb that looked and found
differences ends with ``raise FoundWanting``, after its result. A `QlumodError` is let through:
``main`` prints it. Verbs of the head node (modules, register, image) import neither the lock wing
nor python-apt, at no depth; a verb whose file is not installed is not listed.
"""
