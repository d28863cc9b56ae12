"""Where things lie: the store (DuckDB), the lake (Parquet parts), published copies, and questions to them."""
