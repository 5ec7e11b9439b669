// Package gates has the tests of what is in deploy/gates, with the engines of the tools that it is for.
package gates
