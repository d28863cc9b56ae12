"""What several formats share: documents, records, content, steps."""
