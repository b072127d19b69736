"""Loads every mapped class, so that ``Base.metadata`` is whole. Nothing else belongs here."""

from importlib import import_module

MODULES = (
    "trace.core.idempotency",
    "trace.core.installation",
    "trace.core.blobs",
    "trace.core.revisions",
    "trace.accounts.models",
    "trace.accounts.security_log",
    "trace.kept.models",
    "trace.scans.models",
    "trace.ledger.models",
    "producers.models",
    "trace.batches.models",
    "trace.batches.unit_models",
    "trace.batches.stamp_models",
    "producers.diary.models",
    "producers.test_results.models",
    "trace.events.models",
    "trace.events.handover_models",
    "trace.epcis.models",
    "trace.epcis.capture_models",
    "trace.recalls.models",
    "trace.resolver.models",
    "labels.printer_models",
    "labels.run_print_models",
    "labels.run_sheet_models",
    "trace.reports.models",
    "trace.copies.models",
)


def load_all() -> None:
    """Import the modules that map classes."""
    for module in MODULES:
        import_module(module)
