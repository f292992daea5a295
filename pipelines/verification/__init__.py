"""Second opinion: the verification service (查验) is asked about invoices that are missing upstream."""
