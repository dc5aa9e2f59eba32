"""The reviewer's pages: HTML made on the server, for one person, on the loopback interface."""
