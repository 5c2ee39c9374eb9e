// read_fhir: documents -> outcomes -> sink, on several threads. fhir_shape.h says what becomes of a resource.
//
//   1. A worker takes the next document and with it a ticket, under one lock: inputs are read by one thread at a time.
//   2. It parses and maps the document by itself.
//   3. It waits for its ticket's turn and hands its outcomes over, so that the sink sees every record in the order of the
//      inputs, whatever the number of threads.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "formats/exchange/fhir_document.h"
#include "formats/exchange/fhir_source.h"
#include "formats/exchange/readers.h"

namespace chartline::exchange {
namespace {

using fhir::Document;
using fhir::DocumentReader;
using fhir::DocumentSource;
using fhir::Outcome;

// The servers that entries came from. Identity is by Type/id alone, so those of a second server may be taken for the
// first one's.
class Servers {
 public:
  // Whether it is a further one, not seen before.
  bool is_further(std::string_view base) {
    for (const std::string_view scheme : {"http://", "https://"})  // of one server
      if (base.starts_with(scheme)) base.remove_prefix(scheme.size());
    const bool is_new = bases_.size() < fhir::bases_max && bases_.emplace(base).second;
    return is_new && bases_.size() > 1;
  }

 private:
  std::set<std::string, std::less<>> bases_;
};

class Delivery {
 public:
  Delivery(const Reading& reading, Servers& servers) : reading_(reading), servers_(servers) {}

  Result<void> operator()(const record::Record& record) {
    reading_.quality.row();
    TRY(reading_.sink.record(record));
    reading_.quality.accepted(record);
    return {};
  }
  Result<void> operator()(const Problem& problem) {
    if (problem.outcome == Problem::Outcome::rejected) reading_.quality.row();
    return reading_.quality.problem(problem);
  }
  Result<void> operator()(const fhir::Impossible& found) {
    return reading_.quality.impossible(found.rule), Result<void>();
  }
  Result<void> operator()(const fhir::Defaulted& found) {
    return reading_.quality.defaulted(found.field), Result<void>();
  }
  Result<void> operator()(const fhir::Base& found) {
    if (!servers_.is_further(found.url)) return {};
    return reading_.quality.problem(
        {Problem::Outcome::repaired, found.place, "several_servers",
         "entries come from a further server: ids of several servers were taken for those of "
         "one source; import what each server gave by itself, with --source"});
  }
  Result<void> operator()(const record::Concept& entry) { return reading_.sink.concept_(entry); }
  Result<void> operator()(const record::ConceptLink& link) { return reading_.sink.concept_link(link); }

 private:
  const Reading& reading_;
  Servers& servers_;
};

class Run {
 public:
  Run(const Reading& reading, DocumentSource source) : reading_(reading), source_(std::move(source)) {}

  Result<void> go() {
    std::vector<std::thread> others;
    for (unsigned i = 1; i < reading_.options.threads; ++i) others.emplace_back([this] { work(); });
    work();
    for (auto& other : others) other.join();
    return failure_ ? Result<void>(std::move(*failure_)) : Result<void>();
  }

 private:
  void work() {
    DocumentReader reader(reading_.options);
    Document document;
    for (;;) {
      std::uint64_t ticket = 0, consumed = 0;
      Result<bool> more = false;
      {
        const std::lock_guard lock(source_mutex_);
        if (stopped_) return;
        more = source_.next(document);
        stopped_ = !more || !*more;
        ticket = tickets_++;
        consumed = source_.consumed_bytes();
      }
      static const std::vector<Outcome> none;
      const bool has_document = more && *more;
      const auto& outcomes = has_document ? reader.read(document) : none;

      std::unique_lock lock(turn_mutex_);
      turn_changed_.wait(lock, [&] { return turn_ == ticket; });
      if (!failure_) {
        const auto outcome = more ? deliver(outcomes, consumed) : Result<void>(more.error());
        if (!outcome) failure_ = outcome.error();
      }
      const bool failed = failure_.has_value();
      ++turn_;
      lock.unlock();
      turn_changed_.notify_all();
      if (failed) {
        const std::lock_guard source_lock(source_mutex_);
        stopped_ = true;
      }
      if (!has_document) return;
    }
  }

  Result<void> deliver(const std::vector<Outcome>& outcomes, std::uint64_t consumed) {
    Delivery delivery(reading_, servers_);
    for (const Outcome& outcome : outcomes) TRY(std::visit(delivery, outcome));
    if (reading_.progress) reading_.progress(consumed);
    return {};
  }

  const Reading& reading_;

  std::mutex source_mutex_;
  DocumentSource source_;
  std::uint64_t tickets_ = 0;
  bool stopped_ = false;

  std::mutex turn_mutex_;
  std::condition_variable turn_changed_;
  std::uint64_t turn_ = 0;
  Servers servers_;
  std::optional<Error> failure_;
};

}  // namespace

Result<void> read_fhir(const Reading& reading) { return Run(reading, TRY(DocumentSource::open(reading.paths))).go(); }

}  // namespace chartline::exchange
