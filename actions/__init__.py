"""The door of HubSpot's workflows: what they ask for is stored, worked on, and answered."""
