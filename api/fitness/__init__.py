"""What ``tidycity doctor`` looks at: is this installation fit to work?"""
