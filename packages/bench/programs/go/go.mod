module groupcast/bench

go 1.19
