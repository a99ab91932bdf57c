//! Models, providers, routes and price documents.
