"""okamochi.lock: kept, completed, renewed."""
