// Package e2e holds the end-to-end tests: they use the running local shop as its customers, its administrator and its
// attackers do, over HTTP and in a browser. Run them with: make e2e
//
// Their files have the build tag e2e, so that `go test ./...` needs no running shop. Environment:
//
//	SHOP_URL             the front door, default http://localhost:8080 (the port from SHOP_PORT if set)
//	SHOP_EMULATOR_URL    the emulator, default http://127.0.0.1:4566 (the port from SHOP_EMULATOR_PORT if set)
//	SHOP_CUSTOMER, SHOP_CUSTOMER_PASSWORD, SHOP_ADMIN, SHOP_ADMIN_PASSWORD    other accounts than the demo ones
//	SHOP_CHROMIUM        the browser, default chromium, chromium-browser or google-chrome on PATH
//	SHOP_SCREENSHOTS     a folder, relative to the repository, for the pictures of the README; none are made without it
//	SHOP_LOCAL_DIR       where e2e/ with pictures and logs of failed browser tests goes, default .local
//
// Everything that a test creates is in a category or has an e-mail address that begins with "e2e-", and is removed
// again. What a killed run left behind is removed by a later one.
package e2e
