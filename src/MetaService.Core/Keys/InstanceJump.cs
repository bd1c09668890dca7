namespace MetaService.Keys;

/// <summary>
/// For a scan that is about instances with keys of a type, not about each of these keys: it reads one pair and goes on where this tells.
/// </summary>
/// <param name="definition">The type of key, whose fields are a constant, the id of the instance and others.</param>
public sealed class InstanceJump(KeyDefinition definition)
{
    /// <summary>What to scan: the keys with the same constant, so that keys of other types lie between those of the type.</summary>
    public KeyRange Range { get; } = definition.Range();

    /// <summary>Where to go on after the first key at or behind a place.</summary>
    /// <param name="key">The key.</param>
    /// <param name="instanceId">Its instance if it is of the type, else null.</param>
    public byte[] Next(byte[] key, out string? instanceId)
    {
        instanceId = null;
        if (!KeyDecoder.TryDecode(key, out var fields, out _) || fields is not [_, { Value.Kind: KeyFieldKind.Text } id, var behind, ..])
        {
            return KeyRange.After(key); // None of ours.
        }

        var text = id.Value.ToText();
        var wanted = definition.Encode(text);
        if (key.AsSpan().SequenceCompareTo(wanted) < 0)
        {
            return wanted;
        }

        instanceId = key.AsSpan().StartsWith(wanted) ? text : null;
        return KeyRange.Prefix(key[..behind.Offset]).End;
    }
}
