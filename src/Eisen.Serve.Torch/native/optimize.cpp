#include "optimize.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace eisen {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

[[noreturn]] void refuse_state(const std::string& what) {
    throw std::invalid_argument("The module's forward may change " + what + ": it keeps state between calls.");
}

// Finds, in a frozen graph, an operator that may write into a constant: into what was an attribute and outlives the call.
// libtorch's freezing leaves alone what it sees written to, but overlooks tensors inside of lists and dictionaries.
class StateFinder {
public:
    explicit StateFinder(std::shared_ptr<Graph> frozen) : graph_(std::move(frozen)), aliases_(graph_) {
        collect_constants(graph_->block());
    }

    // The operator, or null.
    const Node* find() { return find_in(graph_->block()); }

private:
    void collect_constants(Block* block) {
        for (Node* node : block->nodes()) {
            if (node->kind() == c10::prim::Constant) constants_.push_back(node->output());
            for (Block* inner : node->blocks()) collect_constants(inner);
        }
    }

    const Node* find_in(Block* block) {
        for (Node* node : block->nodes()) {
            if (runs_other_code(node) || writes_constant(node)) return node;
            for (Block* inner : node->blocks())
                if (const Node* found = find_in(inner)) return found;
        }
        return nullptr;
    }

    // Freezing inlines every call that it can; what the others do is not known.
    static bool runs_other_code(const Node* node) {
        return node->kind() == c10::prim::fork || node->kind() == c10::prim::CallMethod || node->kind() == c10::prim::CallFunction;
    }

    bool writes_constant(Node* node) {
        const c10::FunctionSchema* schema = node->maybeSchema();
        if (schema == nullptr) return false;
        const size_t count = std::min(schema->arguments().size(), node->inputs().size());
        for (size_t i = 0; i < count; i++) {
            const c10::AliasInfo* alias = schema->arguments()[i].alias_info();
            if (alias == nullptr || !alias->isWrite()) continue;
            Value* written = node->inputs()[i];
            if (is_callers(written)) continue;
            for (Value* constant : constants_)
                if (is_in(written, constant)) return true;
        }
        return false;
    }

    // Whether a value may be a constant, or something that lies in it. A list that is written to is not its items: those may
    // well be constants.
    bool is_in(Value* written, Value* constant) const {
        const bool items_matter = written->type()->containedTypes().empty() || nests(*constant->type());
        return items_matter ? aliases_.mayContainAlias(written, constant) : aliases_.mayAlias(written, constant);
    }

    // Whether a container's items are containers.
    static bool nests(const c10::Type& type) {
        for (const auto& item : type.containedTypes())
            if (!item->containedTypes().empty() || item->kind() == c10::TypeKind::ClassType) return true;
        return false;
    }

    // Whether a value is a tensor among the arguments, or a view of one. The analysis has one set for those and for
    // what lies in containers.
    bool is_callers(const Value* value) const {
        const bool is_argument = value->node() == graph_->param_node();
        if (is_argument) return value->type()->isSubtypeOf(*c10::TensorType::get());
        const Node* node = value->node();
        const c10::FunctionSchema* schema = node->maybeSchema();
        if (schema == nullptr || value->offset() >= schema->returns().size()) return false;
        const c10::AliasInfo* result = schema->returns()[value->offset()].alias_info();
        if (result == nullptr || result->isWildcardBefore() || result->isWildcardAfter()) return false;
        const size_t count = std::min(schema->arguments().size(), node->inputs().size());
        for (size_t i = 0; i < count; i++)
            if (schema->arguments()[i].alias_info() != nullptr && !is_callers(node->inputs()[i])) return false;
        return true;
    }

    std::shared_ptr<Graph> graph_;
    torch::jit::AliasDb aliases_;
    std::vector<Value*> constants_;
};

}  // namespace

torch::jit::Module optimize(const torch::jit::Module& module, int32_t optimization) {
    if (optimization != EISEN_FREEZE && optimization != EISEN_OPTIMIZE_FOR_INFERENCE)
        throw std::invalid_argument("There is no optimization with the number " + std::to_string(optimization) + ".");

    torch::jit::Module frozen = torch::jit::freeze(module);
    try {
        // Freezing turns attributes into constants and drops them. It leaves those that forward may assign or write into.
        if (frozen.type()->numAttributes() > 0) refuse_state("its attribute '" + frozen.type()->getAttributeName(0) + "'");
        StateFinder state(frozen.get_method("forward").graph());
        if (const Node* writer = state.find()) refuse_state(std::string("one of its attributes, with ") + writer->kind().toQualString());

        if (optimization == EISEN_FREEZE) return frozen;
        // Given a frozen module, it works on that in place.
        torch::jit::Module optimized = torch::jit::optimize_for_inference(frozen);
        // The weights before they were laid out anew are still there, as constants that nothing uses.
        torch::jit::EliminateDeadCode(optimized.get_method("forward").graph());
        return optimized;
    } catch (...) {
        remove_code(frozen);
        throw;
    }
}

void remove_code(const torch::jit::Module& optimized) {
    const auto unit = optimized._ivalue()->compilation_unit();
    for (const torch::jit::Function* method : optimized.type()->methods()) unit->unsafeRemoveMethod(method->qualname());
}

}  // namespace eisen
