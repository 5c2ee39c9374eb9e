#include "query/reference/finder.h"

#include <algorithm>
#include <utility>

#include "query/person.h"
#include "query/reference/statements.h"

namespace chartline::query {
namespace {

class ReferenceFinder final : public Finder {
 public:
  ReferenceFinder(const engine::View& view, const Program& program, std::vector<Inquiry> inquiries, Wanted wanted)
      : reader_(view, std::move(wanted)), interview_(program), inquiries_(std::move(inquiries)) {}

  Result<void> find(const PatientRange& range, Stop& stop, Outlet& outlet, std::span<Findings> into) override {
    interview_.heed(&stop);
    for (std::uint32_t id = range.first; id < range.past; ++id) {
      TRY(stop.check());
      TRY(outlet.give(into));
      if (!TRY(reader_.read({range.shard, id}, person_))) continue;
      interview_.start(person_);
      for (std::size_t i = 0; i < inquiries_.size(); ++i) inquiries_[i].ask(interview_, into[i]);
    }
    interview_.heed(nullptr);
    return stop.check();
  }

 private:
  PersonReader reader_;
  Person person_;
  Interview interview_;
  std::vector<Inquiry> inquiries_;
};

}  // namespace

Executors reference_executors(const engine::View& view, const Program& program,
                              std::vector<const typed::Node*> statements, Persons persons) {
  constexpr std::uint32_t range_patients = 64;
  return {
      .range_patients = range_patients,
      .first_patients = range_patients,
      .waited_for = gives_rows(*statements.front()),
      .make = [view, &program, persons, statements = std::move(statements)]() -> Result<std::unique_ptr<Finder>> {
        std::vector<Inquiry> inquiries;
        for (const typed::Node* statement : statements) inquiries.push_back(TRY(Inquiry::make(*statement, program)));
        return std::unique_ptr<Finder>(std::make_unique<ReferenceFinder>(
            view, program, std::move(inquiries), persons == Persons::whole ? Wanted() : wanted_by(statements, program)));
      }};
}

}  // namespace chartline::query
