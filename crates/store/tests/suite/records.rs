//! Usage rows: what is kept comes back, page by page.
