// For programs of the same build that fuzz nothing.
extern "C" void __sanitizer_cov_trace_pc() {}
extern "C" void __sanitizer_cov_trace_cmpf(float, float) {}
extern "C" void __sanitizer_cov_trace_cmpd(double, double) {}
