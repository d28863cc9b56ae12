"""What an operator starts and looks at: set-up, status, health, the demo."""
