#include "query/told.h"

#include <string>

#include "query/findings.h"

namespace chartline::query {

Result<Told> told_by(const Prepared& query, const engine::View& view) {
  Told told;
  for (const typed::Ptr& one : query.program->query.statements) {
    const typed::Node& statement = without_as_of(*one);
    told.everyone = told.everyone || gives_rows(statement);
    if (statement.op != typed::Op::why) continue;
    if (const auto patient = TRY(view.find(std::get<std::string>(statement.parts[0]->data))))
      told.patients.push_back(*patient);
  }
  return told;
}

}  // namespace chartline::query
