#include "formats/exchange/code_list.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "formats/exchange/code_list_columns.h"
#include "tests/exchange/scratch_file.h"

namespace chartline::exchange {
namespace {

namespace fs = std::filesystem;

std::string reach_of(ListedCode::Reach reach) {
  switch (reach) {
    case ListedCode::Reach::one: return "";
    case ListedCode::Reach::prefix: return "*";
    case ListedCode::Reach::descendants: return "<";
    case ListedCode::Reach::self_and_descendants: return "<<";
  }
  return "?";
}

std::string told(const Result<CodeListRead>& read) {
  if (!read) {
    const std::string& message = read.error().message;
    const std::size_t file = message.find(": ");  // the folder differs from run to run
    return std::string(name(read.error().fault)) + message.substr(file);
  }
  std::string out = read->taken + "\n";
  for (const ListedCode& code : read->codes)
    out += (code.excluded ? "- " : "+ ") + reach_of(code.reach) + code.system + ":" + code.code +
           (code.display.empty() ? "" : " " + code.display) + "\n";
  for (const Problem& problem : read->problems)
    out += (problem.outcome == Problem::Outcome::rejected ? "! " : "? ") + std::to_string(problem.place.line) + " " +
           problem.place.field + " " + problem.rule + "\n";
  out += std::to_string(read->rows) + " = " + std::to_string(read->codes.size()) + " + " +
         std::to_string(read->repeated) + " + " + std::to_string(read->rejected);
  EXPECT_EQ(read->rows, read->codes.size() + read->repeated + read->rejected);
  return out;
}

std::string listed(std::string_view file, std::string_view content, const CodeListOptions& options = {}) {
  const ScratchFile scratch(std::string(file), content);
  return told(read_code_list(scratch.path(), options));
}

TEST(CodeList, OpenCodelistsLayout) {
  EXPECT_EQ(listed("dm.csv", "code,term\n73211009,Diabetes mellitus\n44054006,\"Type 2, diabetes\"\n"),
            "column `code` as snomed\n+ snomed:73211009 Diabetes mellitus\n+ snomed:44054006 Type 2, diabetes\n2 = 2 + "
            "0 + 0");
  EXPECT_EQ(listed("x.csv", "code,term,dmd_id,dmd_type,bnf_code\n1234567,A,1234567,VMP,0501\n"),
            "column `code` as dmd\n+ dmd:1234567 A\n? 2 code check_digit\n1 = 1 + 0 + 0");
}

TEST(CodeList, HdrUkLayouts) {
  EXPECT_EQ(
      listed("a_ICD10.csv", "Disease,ICD10code,ICD10codeDescr,Category\nAAA,I714,Aneurysm,x\nAAA,i71.4,again,x\n"),
      "column `ICD10code` as icd10\n+ icd10:I71.4 Aneurysm\n2 = 1 + 1 + 0");
  EXPECT_EQ(listed("a.csv", "terminology,code,term,code_type\nSNOMED CT,73211009,D,1\nICD10,E119,T2,1\nKLINGON,1,,\n"),
            "column `code` with the system of each row\n+ snomed:73211009 D\n+ icd10:E11.9 T2\n! 4  unknown_system\n3 "
            "= 2 + 0 + 1");
  EXPECT_EQ(listed("a_SNOMEDCT.csv", "Read v2 Code,SNOMED CT Concept ID,Description\nH34..00,73211009,x\n"),
            "column `SNOMED CT Concept ID` as snomed\n+ snomed:73211009 x\n1 = 1 + 0 + 0");
  EXPECT_EQ(listed("a_ICD10.csv", "conceptId,term\nE119,x\n"),
            "column `conceptId` as icd10\n+ icd10:E11.9 x\n1 = 1 + 0 + 0");
}

TEST(CodeList, EveryRowThatCannotBeUsedIsTold) {
  EXPECT_EQ(listed("read.csv", "Read code,Read term\nC10..00,Diabetes\n,no code\n,\nC10*,all\nc1,x,more\nc2,x,,\n"),
            "column `Read code` as read2\n+ read2:C10..00 Diabetes\n+ read2:c2 x\n"
            "! 3 Read code no_code\n! 4  empty_row\n! 5 Read code bad_code\n! 6  ragged_row\n6 = 2 + 0 + 4");
  EXPECT_EQ(listed("a.csv", "These are codes,\n,\nICD-11 code,ICD-11 term\nCA22,COPD\n"),
            "column `ICD-11 code` as icd11\n+ icd11:CA22 COPD\n! 1  before_header\n! 2  before_header\n3 = 1 + 0 + 2");
}

TEST(CodeList, OldLetterCodesOfADisplayAreRead) {
  EXPECT_EQ(listed("a.csv",
                   "icd10code,icd10term\nM35.2,Beh\xe7"
                   "et\n"),
            "column `icd10code` as icd10\n+ icd10:M35.2 Beh\xc3\xa7"
            "et\n1 = 1 + 0 + 0");
}

TEST(CodeList, WhatIsInDoubtIsRefused) {
  EXPECT_EQ(listed("a.csv", "code,term\nX12,y\n"),
            "invalid_request: nothing says of which system the codes in `code` are; name it");
  EXPECT_EQ(listed("a.csv", "code,term\nX12,y\n", {.system = "icd10"}),
            "column `code` as icd10\n+ icd10:X12 y\n1 = 1 + 0 + 0");
  EXPECT_EQ(listed("a.csv", "readcode,icd10code\nx,y\n"),
            "invalid_request: several columns hold codes; name one of them: readcode, icd10code");
  EXPECT_EQ(listed("a.csv", "readcode,icd10code\nx,y\n", {.column = "ICD10Code"}),
            "column `icd10code` as icd10\n+ icd10:Y\n1 = 1 + 0 + 0");
  EXPECT_EQ(listed("a.csv", "who,when\nx,y\n"), "invalid_request: no column of codes is recognised among who, when");
  EXPECT_EQ(listed("a.csv", "code\n73211009\n", {.column = "cod"}),
            "invalid_request: there is no column of this name among code");
  EXPECT_EQ(listed("a.csv", ""), "invalid_request: no column of codes is recognised");
  EXPECT_EQ(listed("a.csv", "readcode\n\n"), "invalid_request: there is no code in it that can be used");
}

TEST(CodeList, ValueSetThatIncludesAndExcludes) {
  EXPECT_EQ(listed("vs.json", R"({"resourceType": "ValueSet", "compose": {
      "include": [
        {"system": "http://snomed.info/sct", "filter": [{"property": "concept", "op": "is-a", "value": "73211009"}]},
        {"system": "http://snomed.info/sct", "filter": [{"property": "concept", "op": "descendent-of", "value": "1"}]},
        {"system": "http://hl7.org/fhir/sid/icd-10", "concept": [{"code": "e119", "display": "Type 2"}, {"display": "none"}]},
        {"system": "http://example.org/mine"}],
      "exclude": [{"system": "http://snomed.info/sct", "concept": [{"code": "44054006"}]}]}})"),
            "what a ValueSet includes\n+ <<snomed:73211009\n+ <snomed:1\n+ icd10:E11.9 Type 2\n"
            "+ *http://example.org/mine: every code of the system\n- snomed:44054006\n"
            "! 0 compose.include[2].concept[1] no_code\n6 = 5 + 0 + 1");
}

TEST(CodeList, ValueSetWithAnExpansion) {
  EXPECT_EQ(listed("vs.json", R"({"resourceType": "ValueSet", "compose": {"include": [{"valueSet": ["http://x"]}]},
      "expansion": {"contains": [{"system": "http://loinc.org", "abstract": true, "code": "LP1", "contains": [
        {"system": "http://loinc.org", "code": "4548-4", "display": "HbA1c"}]}, {"code": "1"}]}})"),
            "the expansion of a ValueSet\n+ loinc:4548-4 HbA1c\n! 0 expansion.contains[1] no_system\n2 = 1 + 0 + 1");
}

TEST(CodeList, ValueSetsThatCannotBeKeptExactlyAreRefused) {
  const auto including = [](std::string_view what) {
    return listed("vs.json", R"({"resourceType": "ValueSet", "compose": {"include": [)" + std::string(what) + "]}}");
  };
  EXPECT_EQ(
      including(R"({"valueSet": ["http://x"]})"),
      "unsupported: compose.include[0].valueSet: it refers to another value set; import one that has an expansion");
  EXPECT_EQ(
      including(R"({"system": "http://loinc.org", "filter": [{"property": "STATUS", "op": "=", "value": "ACTIVE"}]})"),
      "unsupported: compose.include[0].filter[0]: only the filters `concept is-a` and `concept descendent-of` are "
      "read");
  EXPECT_EQ(including(R"({"concept": [{"code": "1"}]})"), "unsupported: compose.include[0]: codes without a system");
  EXPECT_EQ(listed("vs.json", R"({"resourceType": "CodeSystem"})"),
            "invalid_request: it is no ValueSet; terminology is loaded by `import`");
  EXPECT_EQ(listed("vs.json", "{"), "invalid_request: it is not sound JSON");
}

TEST(CodeList, CheckDigits) {
  for (const std::string_view good : {"73211009", "44054006", "1162737008", "1079381000000109", "10392911000001107"})
    EXPECT_EQ(is_snomed_id(good), good != "10392911000001107") << good;
  for (const std::string_view bad : {"73211008", "37211009", "", "12345", "73211O09", "1234567890123456789"})
    EXPECT_FALSE(is_snomed_id(bad)) << bad;
}

// Every list of OpenSAFELY's and CALIBER's: rows = codes + repeated + rejected, or a refusal in words.
TEST(CodeList, ListsThatOthersPublish) {
  const fs::path folder = "../shared/data/codelists";
  if (!fs::exists(folder)) GTEST_SKIP() << "no ../shared/data/codelists here";
  std::map<std::string, int> refused, systems, rules;
  std::uint64_t rows = 0, codes = 0, files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".csv" || entry.path().parent_path() == folder) continue;
    ++files;
    const auto read = read_code_list(entry.path().string(), {});
    if (!read) {
      ++refused[entry.path().filename().string() + read.error().message.substr(read.error().message.rfind(": "))];
      continue;
    }
    EXPECT_EQ(read->rows, read->codes.size() + read->repeated + read->rejected) << entry.path();
    rows += read->rows, codes += read->codes.size();
    for (const ListedCode& code : read->codes) ++systems[code.system];
    for (const Problem& problem : read->problems) ++rules[problem.rule];
    if (std::getenv("CHARTLINE_TELL"))
      std::printf("%s: %s: %lu = %lu + %lu + %lu\n", entry.path().filename().c_str(), read->taken.c_str(), read->rows,
                  read->codes.size(), read->repeated, read->rejected);
  }
  for (const auto& [why, n] : refused) std::printf("refused: %s\n", why.c_str());
  for (const auto& [rule, n] : rules) std::printf("%s: %d\n", rule.c_str(), n);
  for (const auto& [system, n] : systems) std::printf("%s: %d codes\n", system.c_str(), n);
  std::printf("%lu files, %lu rows, %lu codes\n", files, rows, codes);
}

}  // namespace
}  // namespace chartline::exchange
