"""The authority's face: approving organisations, finding batches, recalls."""
