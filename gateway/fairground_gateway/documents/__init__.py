"""What the gateway tells about the product: merged API documentation and a few plain pages."""
