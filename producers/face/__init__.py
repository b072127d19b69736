"""The producers' workspace: products, certificates, batches, activation."""
