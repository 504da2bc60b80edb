"""Train, dev and test by leak group, and the certificate that nothing leaks between them."""
