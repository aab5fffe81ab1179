"""`fairground erase` and `fairground export`: data care, through the admin API of every service."""
