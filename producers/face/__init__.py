"""The producers' workspace: products, certificates, batches, activation. Rules and writes are in the services below."""
