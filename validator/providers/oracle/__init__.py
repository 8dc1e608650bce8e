"""Oracle Cloud Storage, through its S3 Compatibility API."""
