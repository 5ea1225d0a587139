//! What a person wants: rules that read one message.
