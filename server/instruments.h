// What a server counts of itself, told as metrics. Any thread may count.
#pragma once

#include "server/metrics.h"

namespace chartline::server {

struct Instruments {
  Metrics metrics;
  Gauge& connections = metrics.gauge("chartline_connections", "Connections that are open");
  Counter& connections_ever = metrics.counter("chartline_connections_total", "Connections accepted");
  Counter& connections_refused =
      metrics.counter("chartline_connections_refused_total", "Connections closed at once, as there were too many");
  Counter& logins = metrics.counter("chartline_logins_total", "Logins");
  Counter& logins_refused = metrics.counter("chartline_logins_refused_total", "Logins refused");
  Counter& break_glass = metrics.counter("chartline_break_glass_total", "Sessions that broke the glass: look at each");
  Counter& calls_busy = metrics.counter("chartline_calls_busy_total", "Calls ended as there were too many of them");
  Counter& objects_busy =
      metrics.counter("chartline_objects_busy_total", "Calls ended as their connection held on to too much");
  Histogram& calls =
      metrics.histogram("chartline_call_seconds", "Calls of sessions, from their arrival to their answer");
  Gauge& waiting_reads = metrics.gauge("chartline_waiting", "Work that waits for a thread", Label{"lane", "read"});
  Gauge& waiting_writes = metrics.gauge("chartline_waiting", "Work that waits for a thread", Label{"lane", "write"});
  Gauge& waiting_scans = metrics.gauge("chartline_waiting", "Work that waits for a thread", Label{"lane", "scan"});
  Gauge& unfolded_commits = metrics.gauge("chartline_unfolded_commits", "Commits that are not folded yet");
  Gauge& events = metrics.gauge("chartline_events", "Folded events of the store");
  Gauge& patients = metrics.gauge("chartline_patients", "Patients of the store");
  Gauge& cache_hits =
      metrics.gauge("chartline_cache_hits", "Lookups of the cache of what was decoded that found something");
  Gauge& cache_misses =
      metrics.gauge("chartline_cache_misses", "Lookups of the cache of what was decoded that found nothing");
  Gauge& read_only = metrics.gauge("chartline_read_only", "1: the store takes no writes, after an I/O error");
};

}  // namespace chartline::server
