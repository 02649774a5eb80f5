"""Administration in the browser: units, people, mandates, calendar, law, mail, logins, the log, personal data."""
