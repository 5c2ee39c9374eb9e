// PatientIndexes: what writers know of the patients of one stripe of a shard, bounded in bytes. For whoever holds its lock.
//
// Each is one piece of memory in a table and a list, because most are looked up when they have long left the processor's cache.
#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>
#include <cstddef>
#include <mutex>
#include <vector>

#include "engine/patient_index.h"

namespace chartline::engine {

class PatientIndexes {
 public:
  struct Held : boost::intrusive::list_base_hook<>, boost::intrusive::unordered_set_base_hook<> {
    Held(PatientId of, PatientIndex its_index) : patient(of), index(std::move(its_index)) {}
    const PatientId patient;
    std::atomic<int> in_flight = 0;  // writes that changed it and are not published yet; ends without the lock
    PatientIndex index;
    std::size_t bytes = 0;  // as counted
    bool asked = false;     // since it came to the front

    static std::size_t hash_of(PatientId patient) { return patient * 0x9e3779b97f4a7c15 >> 32; }
    friend bool operator==(const Held& a, const Held& b) { return a.patient == b.patient; }
    friend std::size_t hash_value(const Held& held) { return hash_of(held.patient); }
  };

  static constexpr std::size_t bytes_max = 256u << 10;  // 64 MiB over all stripes of a shard

  PatientIndexes();
  ~PatientIndexes();
  PatientIndexes(const PatientIndexes&) = delete;
  PatientIndexes& operator=(const PatientIndexes&) = delete;

  std::mutex mutex;

  Held* find(PatientId patient);  // null where none is held
  Held& add(PatientId patient, PatientIndex index);
  void count(Held& held);  // whenever its index has changed
  // What is longest not asked for goes. One that writers in flight have changed is the only one that knows of them: it stays.
  void trim();
  void clear();
  std::size_t bytes() const { return bytes_; }

 private:
  using List = boost::intrusive::list<Held>;
  using Set = boost::intrusive::unordered_set<Held, boost::intrusive::power_2_buckets<true>>;
  void drop(Held& held);
  void grow();

  std::vector<Set::bucket_type> buckets_;
  Set set_;
  List newest_first_;
  std::size_t bytes_ = 0;
};

}  // namespace chartline::engine
