// Command loaded calls before it starts, in what it imports.
package main

import _ "github.com/serverless-shop/serverless-shop/internal/leastprivilege/testdata/loaded/warm"

func main() {}
