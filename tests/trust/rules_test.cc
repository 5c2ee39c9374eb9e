// What a policy file may say: every complaint names file and line.
#include <gtest/gtest.h>

#include "engine/trust/rules.h"
#include "tests/trust/trust_store.h"

namespace chartline::engine {
namespace {

const Files files = {{"ward.csv", "holder,patient\n"},
                     {"bad-holder.csv", "holder,patient\nalice,mrn|1\n"},
                     {"bad-patient.csv", "holder,patient\nuser:alice,mrn\n"},
                     {"bad-from.csv", "holder,patient,from\nuser:alice,mrn|1,2026\n"},
                     {"bad-to.csv", "holder,patient,to\n\nuser:alice,mrn|1,soon\n"},
                     {"turned.csv", "holder,patient,from,to\nuser:alice,mrn|1,2026-02-01,2026-01-01\n"},
                     {"codes.txt", "icd10|F*\nF32\n"},
                     {"patients.txt", "mrn|1\n1\n"},
                     {"key", "sixteen bytes and more"},
                     {"short", "short"},
                     {"set", "as_of,2026-11-20\n"},
                     {"consents.csv", "patient,category,decision\nmrn|1,mind,refused\n"},
                     {"consent-category.csv", "patient,category,decision\nmrn|1,heart,refused\n"},
                     {"consent-decision.csv", "patient,category,decision\nmrn|1,all,perhaps\n"},
                     {"consent-purpose.csv", "patient,category,decision,purpose\nmrn|1,all,refused,fun\n"},
                     {"delegates.csv", "patient,holder,category\nmrn|1,user:sam,all\n"},
                     {"delegate-holder.csv", "patient,holder,category\nmrn|1,sam,all\n"}};

// Line 3 is the first of `more`.
std::string complaint(const std::string& more) {
  const auto parsed = parse_policy("version = 1\nname = \"x\"\n" + more, files);
  if (parsed) return "none";
  EXPECT_EQ(parsed.error().fault == Fault::invalid_request || parsed.error().fault == Fault::not_found, true);
  return parsed.error().message;
}

const std::string roles = "[roles.auditor]\npurposes = [\"operation\"]\n";
const std::string ward = "[[relationships]]\nname = \"ward\"\nfile = \"ward.csv\"\n";
const std::string clinician = ward + "[roles.clinician]\nrelationships = [\"ward\"]\npurposes = [\"direct_care\"]\n";

TEST(Rules, BeginWithAVersionAndAName) {
  EXPECT_EQ(complaint(roles), "none");
  EXPECT_EQ(parse_policy("name = \"x\"\n" + roles).error().message, "policy.toml: line 1: version = 1 is missing");
  const auto newer = parse_policy("version = 2\nname = \"x\"\n" + roles);
  EXPECT_EQ(newer.error().fault, Fault::unsupported);
  EXPECT_EQ(newer.error().message, "policy.toml: line 1: version: this program reads policies of version 1");
  EXPECT_EQ(parse_policy("version = 0\n").error().message,
            "policy.toml: line 1: version: a whole number from 1 to 2147483647 is expected");
  EXPECT_EQ(parse_policy("version = 1\n" + roles).error().message,
            "policy.toml: line 1: the key name is missing or empty");
  EXPECT_EQ(parse_policy("version = 1\nname = 5\n").error().message,
            "policy.toml: line 2: name: text in quotes is expected");
  EXPECT_EQ(parse_policy("version = 1\nname = \"x\nfoo").error().message, "policy.toml: line 2: this is not TOML");
  EXPECT_EQ(complaint(""), "policy.toml: line 1: [roles] is missing: nothing would be granted to anybody");
}

TEST(Rules, HaveNoKeyThatTheyDoNotKnow) {
  EXPECT_EQ(complaint("nmae = 1\n" + roles), "policy.toml: line 3: a policy has no key nmae");
  EXPECT_EQ(complaint(roles + "prposes = []\n"), "policy.toml: line 5: [roles.auditor] has no key prposes");
  EXPECT_EQ(complaint(roles + "disclosure = \"nhs-hes\"\n"),
            "policy.toml: line 5: [roles.auditor] has no key disclosure");
  EXPECT_EQ(complaint(roles + "relationships = []\n"), "policy.toml: line 5: [roles.auditor] has no key relationships");
  EXPECT_EQ(complaint(roles + "[[relationships]]\nname = \"w\"\nfile = \"ward.csv\"\ndays = 1\n"),
            "policy.toml: line 8: [[relationships]] has no key days");
  EXPECT_EQ(complaint(roles + "[[relationships]]\nname = \"w\"\nfile = \"ward.csv\"\nkinds = [\"encounter\"]\n"),
            "policy.toml: line 8: [[relationships]] has no key kinds");
  EXPECT_EQ(complaint(roles + "[[categories]]\nname = \"c\"\nkinds = [\"document\"]\ncode = 1\n"),
            "policy.toml: line 8: [[categories]] has no key code");
  EXPECT_EQ(complaint(roles + "[opt_outs]\nnone = true\nx = 1\n"), "policy.toml: line 7: [opt_outs] has no key x");
  EXPECT_EQ(complaint(roles + "[consents]\nfile = \"consents.csv\"\nx = 1\n"),
            "policy.toml: line 7: [consents] has no key x");
  EXPECT_EQ(complaint(roles + "[delegates]\nfile = \"delegates.csv\"\nx = 1\n"),
            "policy.toml: line 7: [delegates] has no key x");
  EXPECT_EQ(complaint(clinician + "[break_glass]\nroles = [\"clinician\"]\nx = 1\n"),
            "policy.toml: line 11: [break_glass] has no key x");
  EXPECT_EQ(complaint(roles + "[projects.p]\nmembers = [\"u\"]\nx = 1\n"),
            "policy.toml: line 7: [projects.p] has no key x");
  EXPECT_EQ(complaint(roles + "[[test]]\nuser=\"u\"\nrole=\"r\"\npurpose=\"p\"\nexpect=\"denied\"\nx = 1\n"),
            "policy.toml: line 10: [[test]] has no key x");
  EXPECT_EQ(complaint(roles + "[[test_event]]\npatient = \"mrn|1\"\non = 2026-01-01\nx = 1\n"),
            "policy.toml: line 8: [[test_event]] has no key x");
  EXPECT_EQ(complaint(clinician + "sources = [{ organisation = \"A\", x = 1 }]\n"),
            "policy.toml: line 9: [[sources]] has no key x");
}

TEST(Rules, GrantRolesForPurposes) {
  EXPECT_EQ(complaint("[roles.doctor]\npurposes = [\"operation\"]\n"),
            "policy.toml: line 3: [roles.doctor]: this is no role: there are clinician, patient, carer, planner, "
            "researcher, source_system, auditor, operator");
  EXPECT_EQ(complaint("[roles.auditor]\n"),
            "policy.toml: line 3: [roles.auditor]: purposes are missing: nothing is granted for none");
  EXPECT_EQ(complaint("[roles.auditor]\npurposes = [\"fun\"]\n"),
            "policy.toml: line 4: purposes: 'fun' is no purpose: there are direct_care, planning, research, "
            "national_extract, patient_access, operation");
  EXPECT_EQ(complaint("[roles.auditor]\npurposes = \"operation\"\n"),
            "policy.toml: line 4: purposes: a list of texts is expected: [\"one\", \"two\"]");
  EXPECT_EQ(complaint("[roles.auditor]\npurposes = [1]\n"),
            "policy.toml: line 4: purposes: a list of texts is expected: [\"one\", \"two\"]");
  EXPECT_EQ(complaint("[roles.auditor]\npurposes = [\"research\"]\n"),
            "policy.toml: line 4: purposes: the role can have only operation");
  EXPECT_EQ(complaint("[roles]\nauditor = 1\n"), "policy.toml: line 4: auditor: a table is expected");
  EXPECT_EQ(complaint("roles = 1\n"), "policy.toml: line 3: roles: a table is expected");
  EXPECT_EQ(complaint(roles + "session_minutes = 0\n"),
            "policy.toml: line 5: session_minutes: a whole number from 1 to 10080 is expected");
  EXPECT_EQ(complaint("[roles.clinician]\npurposes = [\"direct_care\"]\n"),
            "policy.toml: line 3: [roles.clinician]: relationships are missing: without any, nobody is seen");
  EXPECT_EQ(complaint("[roles.clinician]\npurposes = [\"direct_care\"]\nrelationships = [\"ward\"]\n"),
            "policy.toml: line 5: relationships: one of them is no relationship of this policy");
  EXPECT_EQ(complaint(clinician + "withheld = [\"mind\"]\n"),
            "policy.toml: line 9: withheld: one of them is no category of this policy");
  EXPECT_EQ(complaint(clinician + "sources = []\n"),
            "policy.toml: line 9: sources: an empty list: leave it out for every source");
  EXPECT_EQ(complaint(clinician + "sources = 1\n"),
            "policy.toml: line 9: sources: tables in double brackets are expected: [[sources]]");
  EXPECT_EQ(complaint(clinician + "sources = [1]\n"), "policy.toml: line 9: sources: each of the list is a table");
  EXPECT_EQ(complaint(clinician + "sources = [{}]\n"),
            "policy.toml: line 9: [[sources]]: a source has an organisation, a system, or both");
  EXPECT_EQ(complaint(clinician + "patients_file = \"patients.txt\"\n"),
            "patients.txt: line 2: SYSTEM|VALUE is expected");
  EXPECT_EQ(complaint(clinician + "patients_file = \"none\"\n"),
            "policy.toml: line 6: [roles.clinician]: the file none cannot be read");
  EXPECT_EQ(complaint("[roles.patient]\npurposes = [\"patient_access\"]\ncontribute = 1\n"),
            "policy.toml: line 5: contribute: true or false is expected");
  EXPECT_EQ(complaint(clinician + "contribute = true\n"),
            "policy.toml: line 9: [roles.clinician] has no key contribute");
}

TEST(Rules, KeepFiguresFromTellingFewApart) {
  const std::string planner = "[opt_outs]\nnone = true\n[roles.planner]\npurposes = [\"planning\"]\n";
  const std::string wrong =
      "policy.toml: line 5: [roles.planner]: disclosure is one of nhs-hes, opensafely and midpoint6: figures of few "
      "people are "
      "never given as they are";
  EXPECT_EQ(complaint(planner), wrong);
  EXPECT_EQ(complaint(planner + "disclosure = \"none\"\n"), wrong);
  EXPECT_EQ(complaint(planner + "disclosure = \"hes\"\n"), wrong);
  const std::string right = planner + "disclosure = \"midpoint6\"\n";
  EXPECT_EQ(complaint(right), "none");
  EXPECT_EQ(complaint(right + "questions = 200\nquestion_days = 7\n"), "none");
  EXPECT_EQ(complaint(right + "questions = 0\n"),
            "policy.toml: line 8: questions: a whole number from 1 to 10000 is expected");
  EXPECT_EQ(complaint(roles + "questions = 200\n"), "policy.toml: line 5: [roles.auditor] has no key questions");
}

TEST(Rules, OfCategories) {
  const auto of = [](const std::string& more) { return complaint("[[categories]]\nname = \"mind\"\n" + more + roles); };
  EXPECT_EQ(of("codes = [\"icd10|F*\"]\n"), "none");
  EXPECT_EQ(of(""), "policy.toml: line 3: [[categories]]: a category has kinds, codes, or both");
  EXPECT_EQ(of("kinds = [\"mood\"]\n"), "policy.toml: line 5: kinds: one of them is no kind of event");
  EXPECT_EQ(of("codes = [\"F32\"]\n"), "policy.toml: line 5: codes: SYSTEM|CODE is expected, or SYSTEM|BEGINNING*");
  EXPECT_EQ(of("codes_file = \"codes.txt\"\n"), "codes.txt: line 2: SYSTEM|CODE is expected, or SYSTEM|BEGINNING*");
  EXPECT_EQ(of("codes_file = \"none\"\n"), "policy.toml: line 3: [[categories]]: the file none cannot be read");
  EXPECT_EQ(of("kinds = [\"document\"]\n[[categories]]\nname = \"mind\"\nkinds = [\"document\"]\n"),
            "policy.toml: line 6: [[categories]]: the name stands there twice");
  EXPECT_EQ(complaint("[[categories]]\nname = \"all\"\n" + roles),
            "policy.toml: line 3: [[categories]]: the name all stands for the whole record");
  EXPECT_EQ(complaint("[categories]\nname = \"all\"\n" + roles),
            "policy.toml: line 3: categories: tables in double brackets are expected: [[categories]]");
  std::string many;
  for (int i = 0; i < 33; ++i)
    many += "[[categories]]\nname = \"c" + std::to_string(i) + "\"\nkinds = [\"document\"]\n";
  EXPECT_EQ(complaint(many + roles), "policy.toml: line 99: [[categories]]: there are at most 32 categories");
}

TEST(Rules, OfRelationships) {
  const auto of = [](const std::string& more) { return complaint("[[relationships]]\nname = \"w\"\n" + more + roles); };
  EXPECT_EQ(of(""), "policy.toml: line 3: [[relationships]]: a relationship has either a file or event_within_days");
  EXPECT_EQ(of("file = \"ward.csv\"\nevent_within_days = 3\n"),
            "policy.toml: line 3: [[relationships]]: a relationship has either a file or event_within_days");
  EXPECT_EQ(of("event_within_days = 3\n"), "none");
  EXPECT_EQ(of("event_within_days = 3\nkinds = [\"visit\"]\n"),
            "policy.toml: line 6: kinds: one of them is no kind of event");
  EXPECT_EQ(of("file = \"bad-holder.csv\"\n"),
            "bad-holder.csv: line 2: holder is user:NAME, team:NAME, organisation:NAME or person:SYSTEM|VALUE");
  EXPECT_EQ(of("file = \"bad-patient.csv\"\n"), "bad-patient.csv: line 2: patient is SYSTEM|VALUE");
  EXPECT_EQ(of("file = \"bad-from.csv\"\n"), "bad-from.csv: line 2: from is a date, as in 2026-11-20");
  EXPECT_EQ(of("file = \"bad-to.csv\"\n"), "bad-to.csv: line 3: to is a date, as in 2026-11-20");
  EXPECT_EQ(of("file = \"turned.csv\"\n"), "turned.csv: line 2: from is later than to");
  EXPECT_EQ(of("file = \"ward.csv\"\n[[relationships]]\nname = \"w\"\nfile = \"ward.csv\"\n"),
            "policy.toml: line 6: [[relationships]]: the name stands there twice");
}

TEST(Rules, OfProjectsAndBreakGlass) {
  EXPECT_EQ(complaint(roles + "[projects.p]\n"), "policy.toml: line 5: [projects.p]: members are missing");
  EXPECT_EQ(complaint(roles + "[projects.p]\nmembers = [\"u\"]\nfrom = 2026-02-01\nto = 2026-01-01\n"),
            "policy.toml: line 5: [projects.p]: from is later than to");
  EXPECT_EQ(complaint(roles + "[projects.p]\nmembers = [\"u\"]\nfrom = \"2026-02-01\"\n"),
            "policy.toml: line 7: from: a date is expected, without quotes: 2026-11-20");
  EXPECT_EQ(complaint(clinician + "[break_glass]\n"), "policy.toml: line 9: [break_glass]: roles are missing");
  for (const std::string role : {"auditor", "doctor", "planner"})
    EXPECT_EQ(complaint(clinician + "[break_glass]\nroles = [\"" + role + "\"]\n"),
              "policy.toml: line 10: roles: one of them rests on no relationship, or is not granted by this policy");
  EXPECT_EQ(complaint(roles + "[break_glass]\nroles = [\"clinician\"]\n"),
            "policy.toml: line 6: roles: one of them rests on no relationship, or is not granted by this policy");
}

TEST(Rules, OfOptOuts) {
  for (const std::string role : {"planner", "researcher"})
    EXPECT_EQ(complaint("[roles." + role + "]\npurposes = [\"" + (role == "planner" ? "planning" : "research") +
                        "\"]\ndisclosure = \"nhs-hes\"\n"),
              "policy.toml: line 1: [opt_outs] is missing: planning and research need it, or none = true in it");
  const auto of = [](const std::string& valid, const std::string& key_file, const std::string& set) {
    return complaint(roles + "[opt_outs]\nsystem = \"nhs\"\npurposes = [\"planning\"]\n" + valid + "key_file = \"" +
                     key_file + "\"\nfile = \"" + set + "\"\n");
  };
  EXPECT_EQ(of("valid_days = 7\n", "key", "set"), "none");
  EXPECT_EQ(of("", "key", "set"),
            "policy.toml: line 5: [opt_outs]: valid_days is missing: a set that is older says nothing");
  EXPECT_EQ(of("valid_days = 7\n", "none", "set"), "policy.toml: line 5: [opt_outs]: the file none cannot be read");
  EXPECT_EQ(of("valid_days = 7\n", "key", "none"), "policy.toml: line 5: [opt_outs]: the file none cannot be read");
  EXPECT_EQ(of("valid_days = 7\n", "short", "set"), "set: the key of the opt-outs has fewer than 16 bytes");
  EXPECT_EQ(of("valid_days = 7\n", "key", "ward.csv"), "ward.csv: line 1: the set begins with as_of,DATE");
}

TEST(Rules, OfConsentsAndDelegates) {
  EXPECT_EQ(complaint(roles + "[consents]\n"), "policy.toml: line 5: [consents]: the key file is missing or empty");
  EXPECT_EQ(complaint(roles + "[consents]\nfile = \"consents.csv\"\n"),
            "consents.csv: line 2: category is all, or one of this policy");
  EXPECT_EQ(complaint(roles + "[consents]\nfile = \"consent-decision.csv\"\n"),
            "consent-decision.csv: line 2: decision is granted or refused");
  EXPECT_EQ(complaint(roles + "[consents]\nfile = \"consent-purpose.csv\"\n"),
            "consent-purpose.csv: line 2: purpose is none that there is");
  EXPECT_EQ(complaint(roles + "[delegates]\nfile = \"delegates.csv\"\n"), "none");
  EXPECT_EQ(complaint(roles + "[delegates]\nfile = \"delegate-holder.csv\"\n"),
            "delegate-holder.csv: line 2: holder is user:NAME, team:NAME, organisation:NAME or person:SYSTEM|VALUE");
}

TEST(Rules, OfTests) {
  const std::string test = roles + "[[test]]\nuser = \"u\"\nrole = \"auditor\"\npurpose = \"operation\"\n";
  EXPECT_EQ(complaint(test + "expect = \"denied\"\n"), "none");
  EXPECT_EQ(complaint(test), "policy.toml: line 5: [[test]]: the key expect is missing or empty");
  EXPECT_EQ(complaint(test + "expect = \"maybe\"\n"),
            "policy.toml: line 9: expect: sees, sees_in_part, unknown, granted or denied is expected");
  EXPECT_EQ(complaint(test + "expect = \"sees\"\n"),
            "policy.toml: line 5: [[test]]: patient is missing: sees is said of one");
  EXPECT_EQ(complaint(test + "expect = \"sees\"\npatient = \"1\"\n"),
            "policy.toml: line 10: patient: SYSTEM|VALUE is expected");
  EXPECT_EQ(complaint(test + "expect = \"sees\"\npatient = \"mrn|1\"\nwithheld = []\n"),
            "policy.toml: line 11: withheld: it goes with expect = \"sees_in_part\"");
  EXPECT_EQ(complaint(test + "expect = \"granted\"\nrights = [\"all\"]\n"),
            "policy.toml: line 10: rights: one of them is no right");
  const std::string event = roles + "[[test_event]]\n";
  EXPECT_EQ(complaint(event + "patient = \"1\"\n"), "policy.toml: line 6: patient: SYSTEM|VALUE is expected");
  EXPECT_EQ(complaint(event + "patient = \"mrn|1\"\n"), "policy.toml: line 5: [[test_event]]: on is missing");
  EXPECT_EQ(complaint(event + "patient = \"mrn|1\"\nkind = \"visit\"\n"),
            "policy.toml: line 7: kind: this is no kind of event");
  EXPECT_EQ(complaint(event + "patient = \"mrn|1\"\ncode = \"F32\"\n"),
            "policy.toml: line 7: code: SYSTEM|CODE is expected");
}

TEST(Rules, NameThePolicyByAllThatWasRead) {
  const std::string text = "version = 1\nname = \"x\"\n" + clinician;
  const std::string one = policy(text, {{"ward.csv", "holder,patient\n"}}).version();
  EXPECT_EQ(policy(text, {{"ward.csv", "holder,patient\n"}}).version(), one);
  EXPECT_NE(policy(text, {{"ward.csv", "holder,patient\nuser:u,mrn|1\n"}}).version(), one);
  EXPECT_NE(policy(text + "session_minutes = 5\n", {{"ward.csv", "holder,patient\n"}}).version(), one);
}

}  // namespace
}  // namespace chartline::engine
