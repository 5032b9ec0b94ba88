"""What people and policies say: roles, who is meant, holds, overrides, alarms, versions known to be bad."""
