// A feed's thread that ends with an error before it serves anybody.
throw new Error("this thread cannot start");
