#!/bin/bash

__edgeassist_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__edgeassist_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__edgeassist_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__edgeassist_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_edgeassist() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--mlock --no-mlock --prefetch --no-prefetch --mmap-only --no-mmap-only --scrub --no-scrub --tuned --no-tuned --unsafe-run --no-unsafe-run --resume --version -h --help)
    local -a repeating_options=(--lora)
    local -a non_repeating_options=(--video --fps --cpu-share --max-pixels --pace --reconnect --signal-timeout --model --threads --scrub-rate --nonlinear --attention-pruning --mmproj --vision-precision --vision --vision-cache --kv-budget --kv-memory --kv-type --kv-policy --kv-variant --kv-profile --kv-offload --kv-offload-size --max-tokens --temperature --top-k --top-p --min-p --repeat-penalty --seed --system-prompt --code-model --code-exemplars --code-rounds --code-seconds --code-tokens --batch --output --shard --log-file --config)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--video')
        __edgeassist_add_completions -f
        return
        ;;
    '--fps')
        return
        ;;
    '--cpu-share')
        return
        ;;
    '--max-pixels')
        return
        ;;
    '--pace')
        __edgeassist_add_completions -W 'realtime'$'\n''fast'
        return
        ;;
    '--reconnect')
        return
        ;;
    '--signal-timeout')
        return
        ;;
    '--model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    '--scrub-rate')
        return
        ;;
    '--nonlinear')
        __edgeassist_add_completions -W 'exact'$'\n''lut16'
        return
        ;;
    '--attention-pruning')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--vision-precision')
        __edgeassist_add_completions -W 'fast'$'\n''exact'
        return
        ;;
    '--vision')
        __edgeassist_add_completions -W 'dense'$'\n''sparse-tower'$'\n''sparse'
        return
        ;;
    '--vision-cache')
        __edgeassist_add_completions -W 'f32'$'\n''q8'
        return
        ;;
    '--lora')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--kv-budget')
        return
        ;;
    '--kv-memory')
        return
        ;;
    '--kv-type')
        __edgeassist_add_completions -W 'f16'$'\n''q8_0'$'\n''q4'$'\n''amxfp4'
        return
        ;;
    '--kv-policy')
        __edgeassist_add_completions -W 'infinipot-v'$'\n''sliding-window'$'\n''uniform'$'\n''full'
        return
        ;;
    '--kv-variant')
        return
        ;;
    '--kv-profile')
        __edgeassist_add_completions -f
        return
        ;;
    '--kv-offload')
        __edgeassist_add_completions -f
        return
        ;;
    '--kv-offload-size')
        return
        ;;
    '--max-tokens')
        return
        ;;
    '--temperature')
        return
        ;;
    '--top-k')
        return
        ;;
    '--top-p')
        return
        ;;
    '--min-p')
        return
        ;;
    '--repeat-penalty')
        return
        ;;
    '--seed')
        return
        ;;
    '--system-prompt')
        return
        ;;
    '--code-model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--code-exemplars')
        return
        ;;
    '--code-rounds')
        return
        ;;
    '--code-seconds')
        return
        ;;
    '--code-tokens')
        return
        ;;
    '--batch')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--output')
        __edgeassist_add_completions -f
        return
        ;;
    '--shard')
        return
        ;;
    '--log-file')
        __edgeassist_add_completions -f
        return
        ;;
    '--config')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    esac

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    inspect|quantize|watch|code|eval|profile|compare|bench|autotune|doctor|pull|models|merge|help)
        # Offer subcommand argument completions
        "_edgeassist_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'inspect quantize watch code eval profile compare bench autotune doctor pull models merge help' -- "${cur}"))
        ;;
    esac
}

_edgeassist_inspect() {
    repeating_flags=()
    non_repeating_flags=(--json --tensors --checksums --accumulators --version -h --help)
    repeating_options=()
    non_repeating_options=(--mmproj --kv-budget --kv-memory --kv-type --vision-precision --threads)
    __edgeassist_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--kv-budget')
        return
        ;;
    '--kv-memory')
        return
        ;;
    '--kv-type')
        __edgeassist_add_completions -W 'f16'$'\n''q8_0'$'\n''q4'$'\n''amxfp4'
        return
        ;;
    '--vision-precision')
        __edgeassist_add_completions -W 'fast'$'\n''exact'
        return
        ;;
    '--threads')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    esac
}

_edgeassist_quantize() {
    repeating_flags=()
    non_repeating_flags=(--scale-channels --tuned --no-tuned --dry-run --json --force --version -h --help)
    repeating_options=()
    non_repeating_options=(--type --target-bytes --target-kl --types --sensitivities --sensitivity-windows --split-neurons --attention-pruning --calibrate --calibrate-length --calibrate-windows --mmproj --threads)
    __edgeassist_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '--type')
        __edgeassist_add_completions -W 'F32'$'\n''F16'$'\n''BF16'$'\n''Q8_0'$'\n''Q6_K'$'\n''Q5_K_M'$'\n''Q5_K_S'$'\n''Q5_1'$'\n''Q5_0'$'\n''Q4_K_M'$'\n''Q4_K_S'$'\n''Q4_1'$'\n''Q4_0'$'\n''IQ4_NL'$'\n''IQ4_XS'$'\n''DINT4'$'\n''AMXFP4'$'\n''NVFP4'$'\n''MXFP4'$'\n''Q3_K_L'$'\n''Q3_K_M'$'\n''Q3_K_S'$'\n''Q2_K'$'\n''Q2_K_S'$'\n''SAWB2'$'\n''TQ2_0'$'\n''TQ1_0'$'\n''COPY'
        return
        ;;
    '--target-bytes')
        return
        ;;
    '--target-kl')
        return
        ;;
    '--types')
        return
        ;;
    '--sensitivities')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--sensitivity-windows')
        return
        ;;
    '--split-neurons')
        return
        ;;
    '--attention-pruning')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--calibrate')
        __edgeassist_add_completions -f
        return
        ;;
    '--calibrate-length')
        return
        ;;
    '--calibrate-windows')
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    2)
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    esac
}

_edgeassist_watch() {
    repeating_flags=()
    non_repeating_flags=(--report --mlock --no-mlock --prefetch --no-prefetch --mmap-only --no-mmap-only --scrub --no-scrub --tuned --no-tuned --version -h --help)
    repeating_options=(--watch)
    non_repeating_options=(--sensitivity --cooldown --on-alert --snapshots --output --plot --video --fps --cpu-share --max-pixels --pace --reconnect --signal-timeout --model --threads --scrub-rate --nonlinear --attention-pruning --mmproj --vision-precision --vision --vision-cache --lora --kv-budget --kv-memory --kv-type --log-file)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--watch')
        return
        ;;
    '--sensitivity')
        __edgeassist_add_completions -W 'low'$'\n''normal'$'\n''high'
        return
        ;;
    '--cooldown')
        return
        ;;
    '--on-alert')
        __edgeassist_add_completions -f
        return
        ;;
    '--snapshots')
        __edgeassist_add_completions -d
        return
        ;;
    '--output')
        __edgeassist_add_completions -f
        return
        ;;
    '--plot')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(png)'
        return
        ;;
    '--video')
        __edgeassist_add_completions -f
        return
        ;;
    '--fps')
        return
        ;;
    '--cpu-share')
        return
        ;;
    '--max-pixels')
        return
        ;;
    '--pace')
        __edgeassist_add_completions -W 'realtime'$'\n''fast'
        return
        ;;
    '--reconnect')
        return
        ;;
    '--signal-timeout')
        return
        ;;
    '--model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    '--scrub-rate')
        return
        ;;
    '--nonlinear')
        __edgeassist_add_completions -W 'exact'$'\n''lut16'
        return
        ;;
    '--attention-pruning')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--vision-precision')
        __edgeassist_add_completions -W 'fast'$'\n''exact'
        return
        ;;
    '--vision')
        __edgeassist_add_completions -W 'dense'$'\n''sparse-tower'$'\n''sparse'
        return
        ;;
    '--vision-cache')
        __edgeassist_add_completions -W 'f32'$'\n''q8'
        return
        ;;
    '--lora')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--kv-budget')
        return
        ;;
    '--kv-memory')
        return
        ;;
    '--kv-type')
        __edgeassist_add_completions -W 'f16'$'\n''q8_0'$'\n''q4'$'\n''amxfp4'
        return
        ;;
    '--log-file')
        __edgeassist_add_completions -f
        return
        ;;
    esac
}

_edgeassist_code() {
    repeating_flags=()
    non_repeating_flags=(--resume --unsafe-run --no-unsafe-run --mlock --no-mlock --prefetch --no-prefetch --mmap-only --no-mmap-only --scrub --no-scrub --tuned --no-tuned --version -h --help)
    repeating_options=(--lora)
    non_repeating_options=(--output --language --code-model --code-exemplars --code-rounds --code-seconds --code-tokens --model --threads --scrub-rate --nonlinear --attention-pruning)
    __edgeassist_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--output')
        __edgeassist_add_completions -f
        return
        ;;
    '--language')
        __edgeassist_add_completions -W 'python'$'\n''c'$'\n''swift'
        return
        ;;
    '--code-model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--code-exemplars')
        return
        ;;
    '--code-rounds')
        return
        ;;
    '--code-seconds')
        return
        ;;
    '--code-tokens')
        return
        ;;
    '--model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    '--scrub-rate')
        return
        ;;
    '--nonlinear')
        __edgeassist_add_completions -W 'exact'$'\n''lut16'
        return
        ;;
    '--attention-pruning')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--lora')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __edgeassist_add_completions -f
        return
        ;;
    esac
}

_edgeassist_eval() {
    repeating_flags=()
    non_repeating_flags=(--unsafe-run --no-unsafe-run --resume --mlock --no-mlock --prefetch --no-prefetch --mmap-only --no-mmap-only --scrub --no-scrub --tuned --no-tuned --version -h --help)
    repeating_options=(--tasks --lora)
    non_repeating_options=(--suite --questions --seconds --visits --kinds --disturbances --warmup-seconds --questions-per-stream --seed --requests --answers --configurations --kv-ratios --kv-budget --kv-memory --kv-profile --kv-offload --kv-offload-size --methods --code-model --code-exemplars --code-rounds --code-seconds --code-tokens --output --json --plot --model --threads --scrub-rate --nonlinear --attention-pruning --mmproj --vision-precision --vision --vision-cache)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--suite')
        __edgeassist_add_completions -W 'doorstep'$'\n''code'$'\n''watch'
        return
        ;;
    '--questions')
        return
        ;;
    '--seconds')
        return
        ;;
    '--visits')
        return
        ;;
    '--kinds')
        return
        ;;
    '--disturbances')
        return
        ;;
    '--warmup-seconds')
        return
        ;;
    '--questions-per-stream')
        return
        ;;
    '--seed')
        return
        ;;
    '--requests')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--answers')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--configurations')
        return
        ;;
    '--kv-ratios')
        return
        ;;
    '--kv-budget')
        return
        ;;
    '--kv-memory')
        return
        ;;
    '--kv-profile')
        __edgeassist_add_completions -f
        return
        ;;
    '--kv-offload')
        __edgeassist_add_completions -f
        return
        ;;
    '--kv-offload-size')
        return
        ;;
    '--tasks')
        __edgeassist_add_completions -f
        return
        ;;
    '--methods')
        return
        ;;
    '--code-model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--code-exemplars')
        return
        ;;
    '--code-rounds')
        return
        ;;
    '--code-seconds')
        return
        ;;
    '--code-tokens')
        return
        ;;
    '--output')
        __edgeassist_add_completions -f
        return
        ;;
    '--json')
        __edgeassist_add_completions -f
        return
        ;;
    '--plot')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(png)'
        return
        ;;
    '--model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    '--scrub-rate')
        return
        ;;
    '--nonlinear')
        __edgeassist_add_completions -W 'exact'$'\n''lut16'
        return
        ;;
    '--attention-pruning')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--vision-precision')
        __edgeassist_add_completions -W 'fast'$'\n''exact'
        return
        ;;
    '--vision')
        __edgeassist_add_completions -W 'dense'$'\n''sparse-tower'$'\n''sparse'
        return
        ;;
    '--vision-cache')
        __edgeassist_add_completions -W 'f32'$'\n''q8'
        return
        ;;
    '--lora')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    esac
}

_edgeassist_profile() {
    repeating_flags=()
    non_repeating_flags=(--pruning --mlock --no-mlock --prefetch --no-prefetch --mmap-only --no-mmap-only --scrub --no-scrub --tuned --no-tuned --version -h --help)
    repeating_options=()
    non_repeating_options=(--output --ratio --group-size --prune-heads --prune-vision-heads --reuse-maps --data --windows --questions --seconds --visits --kinds --disturbances --warmup-seconds --questions-per-stream --seed --requests --answers --model --threads --scrub-rate --nonlinear --attention-pruning --mmproj --vision-precision --vision --vision-cache --lora)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--output')
        __edgeassist_add_completions -f
        return
        ;;
    '--ratio')
        return
        ;;
    '--group-size')
        return
        ;;
    '--prune-heads')
        return
        ;;
    '--prune-vision-heads')
        return
        ;;
    '--reuse-maps')
        return
        ;;
    '--data')
        __edgeassist_add_completions -f
        return
        ;;
    '--windows')
        return
        ;;
    '--questions')
        return
        ;;
    '--seconds')
        return
        ;;
    '--visits')
        return
        ;;
    '--kinds')
        return
        ;;
    '--disturbances')
        return
        ;;
    '--warmup-seconds')
        return
        ;;
    '--questions-per-stream')
        return
        ;;
    '--seed')
        return
        ;;
    '--requests')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--answers')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    '--scrub-rate')
        return
        ;;
    '--nonlinear')
        __edgeassist_add_completions -W 'exact'$'\n''lut16'
        return
        ;;
    '--attention-pruning')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--vision-precision')
        __edgeassist_add_completions -W 'fast'$'\n''exact'
        return
        ;;
    '--vision')
        __edgeassist_add_completions -W 'dense'$'\n''sparse-tower'$'\n''sparse'
        return
        ;;
    '--vision-cache')
        __edgeassist_add_completions -W 'f32'$'\n''q8'
        return
        ;;
    '--lora')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    esac
}

_edgeassist_compare() {
    repeating_flags=()
    non_repeating_flags=(--resume --tuned --no-tuned --version -h --help)
    repeating_options=()
    non_repeating_options=(--data --answers --mmproj --questions --context --activations --windows --output --json --plot --threads --nonlinear)
    __edgeassist_offer_flags_options 2

    # Offer option value completions
    case "${prev}" in
    '--data')
        __edgeassist_add_completions -f
        return
        ;;
    '--answers')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--questions')
        return
        ;;
    '--context')
        return
        ;;
    '--activations')
        __edgeassist_add_completions -W 'mxfp4'$'\n''amxfp4'
        return
        ;;
    '--windows')
        return
        ;;
    '--output')
        __edgeassist_add_completions -f
        return
        ;;
    '--json')
        __edgeassist_add_completions -f
        return
        ;;
    '--plot')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(png)'
        return
        ;;
    '--threads')
        return
        ;;
    '--nonlinear')
        __edgeassist_add_completions -W 'exact'$'\n''lut16'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    2)
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    esac
}

_edgeassist_bench() {
    repeating_flags=()
    non_repeating_flags=(--quick --mlock --no-mlock --prefetch --no-prefetch --mmap-only --no-mmap-only --scrub --no-scrub --tuned --no-tuned --version -h --help)
    repeating_options=(--compare)
    non_repeating_options=(--only --repetitions --prompt-lengths --context --image-size --minutes --kv-budget --kv-type --model --threads --scrub-rate --nonlinear --attention-pruning --mmproj --vision-precision --vision --vision-cache --lora --shape --type --mmproj-type --keep --json)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--only')
        return
        ;;
    '--repetitions')
        return
        ;;
    '--prompt-lengths')
        return
        ;;
    '--context')
        return
        ;;
    '--image-size')
        return
        ;;
    '--minutes')
        return
        ;;
    '--kv-budget')
        return
        ;;
    '--kv-type')
        __edgeassist_add_completions -W 'f16'$'\n''q8_0'$'\n''q4'$'\n''amxfp4'
        return
        ;;
    '--model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    '--scrub-rate')
        return
        ;;
    '--nonlinear')
        __edgeassist_add_completions -W 'exact'$'\n''lut16'
        return
        ;;
    '--attention-pruning')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--vision-precision')
        __edgeassist_add_completions -W 'fast'$'\n''exact'
        return
        ;;
    '--vision')
        __edgeassist_add_completions -W 'dense'$'\n''sparse-tower'$'\n''sparse'
        return
        ;;
    '--vision-cache')
        __edgeassist_add_completions -W 'f32'$'\n''q8'
        return
        ;;
    '--lora')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--shape')
        __edgeassist_add_completions -W 'qwen2-0.5b'$'\n''qwen2-1.5b'$'\n''qwen3-0.6b'$'\n''qwen3-1.7b'$'\n''qwen2-vl-2b'$'\n''qwen2-vl-7b'$'\n''qwen2.5-vl-3b'$'\n''qwen3-vl-2b'$'\n''qwen3-vl-4b'$'\n''smollm2-135m'$'\n''smollm2-360m'$'\n''llama-3.2-1b'$'\n''smolvlm2-500m'$'\n''lfm2-vl-450m'$'\n''qwen3.5-0.8b'$'\n''qwen3.5-2b'
        return
        ;;
    '--type')
        return
        ;;
    '--mmproj-type')
        return
        ;;
    '--keep')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--json')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    '--compare')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    esac
}

_edgeassist_autotune() {
    repeating_flags=()
    non_repeating_flags=(--force --version -h --help)
    repeating_options=()
    non_repeating_options=(--model --mmproj --vision-precision --shape --type --mmproj-type --keep --threads --trials)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--model')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--mmproj')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--vision-precision')
        __edgeassist_add_completions -W 'fast'$'\n''exact'
        return
        ;;
    '--shape')
        __edgeassist_add_completions -W 'qwen2-0.5b'$'\n''qwen2-1.5b'$'\n''qwen3-0.6b'$'\n''qwen3-1.7b'$'\n''qwen2-vl-2b'$'\n''qwen2-vl-7b'$'\n''qwen2.5-vl-3b'$'\n''qwen3-vl-2b'$'\n''qwen3-vl-4b'$'\n''smollm2-135m'$'\n''smollm2-360m'$'\n''llama-3.2-1b'$'\n''smolvlm2-500m'$'\n''lfm2-vl-450m'$'\n''qwen3.5-0.8b'$'\n''qwen3.5-2b'
        return
        ;;
    '--type')
        return
        ;;
    '--mmproj-type')
        return
        ;;
    '--keep')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--threads')
        return
        ;;
    '--trials')
        return
        ;;
    esac
}

_edgeassist_doctor() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--source --inject --flips --seed --threads)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--source')
        __edgeassist_add_completions -f
        return
        ;;
    '--inject')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(gguf)'
        return
        ;;
    '--flips')
        return
        ;;
    '--seed')
        return
        ;;
    '--threads')
        return
        ;;
    esac
}

_edgeassist_pull() {
    repeating_flags=()
    non_repeating_flags=(--force --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--mmproj-type)
    __edgeassist_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--mmproj-type')
        return
        ;;
    esac
}

_edgeassist_models() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=()
    non_repeating_options=(--remove)
    __edgeassist_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--remove')
        return
        ;;
    esac
}

_edgeassist_merge() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--requests --output)
    __edgeassist_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--requests')
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    '--output')
        __edgeassist_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __edgeassist_add_completions -o plusdirs -fX '!*.@(jsonl)'
        return
        ;;
    esac
}

_edgeassist_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __edgeassist_offer_flags_options -1
}

complete -o filenames -F _edgeassist edgeassist
