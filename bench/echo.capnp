# The bound of the server's figures: a call that does nothing and returns so many bytes.
@0xe0f3c2a9b7d61548;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("chartline::bench::echo_wire");

interface Echo @0xa1c2d3e4f5061728 {
  empty @0 () -> (bytes :Data);
}
