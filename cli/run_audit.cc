// audit head, verify, prove and verify-proof: that the log is whole, and has only grown.
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/audit_row.h"
#include "cli/failure.h"
#include "cli/open_store.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/runs.h"
#include "cli/text.h"
#include "engine/audit/proof.h"
#include "engine/audit/trail.h"

namespace chartline::cli {
namespace {

using engine::AuditHead;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found(path + ": there is no such file that can be read");
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

// A head as such, or the file that holds some, one a line.
Result<void> add_heads(const std::string& word, std::vector<AuditHead>& heads) {
  if (const auto head = engine::parse_audit_head(word)) return heads.push_back(*head), Result<void>();
  const std::string text = TRY(read_file(word));
  std::size_t line = 0;
  for (std::string_view left = text; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view one = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    ++line;
    if (one.empty()) continue;
    const auto head = engine::parse_audit_head(one);
    if (!head) return Error{head.error().fault, fmt::format("{}:{}: {}", word, line, head.error().message)};
    heads.push_back(*head);
  }
  return {};
}

Result<std::vector<AuditHead>> heads_given(const Invocation& invocation) {
  std::vector<AuditHead> heads;
  for (const std::string& word : invocation.all("head")) TRY(add_heads(word, heads));
  return heads;
}

Result<std::optional<AuditHead>> head_given(const Invocation& invocation) {
  const std::vector<AuditHead> heads = TRY(heads_given(invocation));
  if (heads.size() > 1) return invalid_request("--head: one head is enough");
  return heads.empty() ? std::optional<AuditHead>() : heads.front();
}

}  // namespace

Result<void> run_audit_head(const Invocation& invocation, Console& console) {
  const auto store = TRY(open_store(invocation, Access::read));
  for (const AuditHead& head : store->audit_heads()) TRY(console.write(engine::text(head) + "\n"));
  return {};
}

Result<void> run_audit_verify(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const std::vector<AuditHead> kept = TRY(heads_given(invocation));
  const auto store = TRY(open_store(invocation, Access::read));
  engine::AuditVerification found;
  {
    Progress progress(console, "verify", Unit::steps);
    found = TRY(engine::verify_audit(*store, kept, progressed(progress)));
  }
  if (form == Form::table)
    for (const std::string& finding : found.findings)
      TRY(console.write(paint("damaged", Ink::red, console.out()) + "  " + printable(finding, console.out().utf8) + "\n"));
  std::vector<std::string> heads;
  for (const AuditHead& head : found.heads) heads.push_back(engine::text(head));
  std::vector<Field> fields{
      {"entries", number_cell(found.entries)}, {"heads_compared", number_cell(kept.size())}, {"heads", list_cell(heads)}};
  if (form != Form::table) fields.push_back({"findings", list_cell(found.findings)});
  TRY(write_fields(form, fields, console));
  if (!found.findings.empty()) {
    const std::uint64_t all = found.findings.size() + found.findings_left_out;
    return advise(
        corrupt(fmt::format("the audit log is not what was written: {} finding{}", grouped(all), all == 1 ? "" : "s")),
        "what was damaged stays as it is: keep a copy of the folder as evidence before anything else");
  }
  return form == Form::table ? console.write(paint("sound", Ink::green, console.out()) + "\n") : Result<void>();
}

Result<void> run_audit_prove(const Invocation& invocation, Console& console) {
  const auto head = TRY(head_given(invocation));
  const auto since = invocation.given("since-head");
  if (invocation.arguments().empty() == !since)
    return advise(invalid_request("what is to be proved? The number of an entry, or the growth since a head"),
                  "as in: chartline audit prove 12, or: chartline audit prove --since-head HEAD");
  const auto store = TRY(open_store(invocation, Access::read));
  if (since) {
    std::vector<AuditHead> older;
    TRY(add_heads(*since, older));
    if (older.size() != 1) return invalid_request("--since-head: the growth since one head is proved");
    return console.write(engine::text(engine::AuditProof(TRY(engine::prove_growth(*store, older.front(), head)))));
  }
  const auto number = parse_number(invocation.argument(0));
  if (!number) return invalid_request("an entry is named by its number, as audit show prints it");
  const auto shard = static_cast<std::uint32_t>(head ? head->shard : invocation.number("shard"));
  return console.write(engine::text(engine::AuditProof(TRY(engine::prove_entry(*store, shard, *number, head)))));
}

Result<void> run_audit_verify_proof(const Invocation& invocation, Console& console) {
  const Form form = TRY(form_of(invocation.text("format"), Form::table));
  const std::string& path = invocation.argument(0);
  const std::string text = path == "-" ? std::string{std::istreambuf_iterator<char>(std::cin), {}} : TRY(read_file(path));
  const auto kept = TRY(head_given(invocation));
  const engine::AuditProof proof = TRY(placed(engine::parse_audit_proof(text), path));
  const AuditHead& head = std::visit([](const auto& one) -> const AuditHead& { return one.head; }, proof);
  if (kept && *kept != head) return conflict("the proof is under another head than the one given");
  const auto record = TRY(engine::verify_proof(proof));
  if (!kept) console.note("it holds under the head " + engine::text(head) + ": compare that with the one you keep");
  if (!record) {
    const AuditHead& older = std::get<engine::AuditGrowth>(proof).older;
    return write_fields(
        form, {{"proved", text_cell("growth")}, {"from", number_cell(older.size)}, {"to", number_cell(head.size)}},
        console);
  }
  const auto row = audit_row(*record, nullptr);
  std::vector<Field> fields{{"proved", text_cell("entry")}};
  for (std::size_t i = 0; i < row.size(); ++i) fields.push_back({audit_columns()[i], row[i]});
  return write_fields(form, fields, console);
}

}  // namespace chartline::cli
