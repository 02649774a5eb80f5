"""Getting in and staying in: guesses, known devices, passwords, links, second factors, single sign-on."""
