"""The door of the browser: links in letters, with no log-in and no script; looking changes nothing, a button acts."""
