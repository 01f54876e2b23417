"""Keys and signatures of GnuPG."""
