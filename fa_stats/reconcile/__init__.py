"""Reconcile: what the vendor publishes, asks for, records and sends, and what we count ourselves, side by side.

One direction: `published`, `recorded`, `reading` and `own` bring the evidence, of which `shown` lets no foreign text
pass; `switch`, `pairs`, `findings` and `gaps` compare it and are pure, and `kinds` has what can be found; `result`
holds what came out; `page` shows it; `audit` goes through all of it for the notebook.
"""
