// Any bytes, read as an entry of the audit log, as its head, and as a proof: what is accepted can be erased from without changing
// its leaf, and is printed and read back to the same.
#include "base/check.h"
#include "engine/audit/audit_log.h"
#include "engine/audit/proof.h"
#include "formats/stored/seal.h"

namespace {

using namespace chartline;
using namespace chartline::engine;

void read_entry(BytesView content) {
  const auto record = decode_audit_content(content);
  if (!record) return;
  const std::vector<AuditHash> nodes(nodes_completed(4), record->leaf);
  const Bytes value = audit_value(4, nodes, content);
  const auto opened = opened_content(value, 4);
  check(opened && decode_audit_content(*opened)->leaf == record->leaf, "an opened entry has its leaf");
  const PatientRef patient = record->entry.patients.empty() ? PatientRef{} : record->entry.patients.front();
  const auto erased = without_patient(value, 4, {patient, 7, [](BytesView text) { return text.size() % 2 == 1; }});
  check(erased.has_value(), "what can be read can be erased from");
  if (*erased) check(decode_audit_value(**erased, 4)->leaf == record->leaf, "an erasure leaves the leaf");
}

void read_proof(std::string_view words) {
  const auto proof = parse_audit_proof(words);
  if (!proof) return;
  check(text(*parse_audit_proof(text(*proof))) == text(*proof), "a proof is read as it was printed");
  (void)verify_proof(*proof);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_entry(bytes);
  read_proof(bytes);
  (void)decode_audit_value(bytes, 4);
  (void)decode_log_head(bytes);
  (void)parse_audit_head(bytes);
  return 0;
}
