// Command compile does not compile.
package main

func main() { undefinedName() }
