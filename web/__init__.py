"""What people see: page shells, messages, and the folium map."""
