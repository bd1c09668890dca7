namespace MetaService.Server.Access;

/// <summary>What a caller may do. A call needs one of <see cref="Read"/>, <see cref="Operate"/> and <see cref="Raw"/>.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing beyond being known.</summary>
    None = 0,

    /// <summary>Look at instances, clusters, transactions and the like.</summary>
    Read = 1,

    /// <summary>Change them.</summary>
    Operate = 2,

    /// <summary>See ak, sk and other secrets in replies, which are masked otherwise.</summary>
    Secrets = 4,

    /// <summary>Look at single keys of the store and repair what is stored.</summary>
    Raw = 8,

    /// <summary>Everything.</summary>
    All = Read | Operate | Secrets | Raw,
}

/// <summary>Scopes as settings, messages and the documentation spell them.</summary>
public static class ScopeNames
{
    private static readonly (string Name, Scopes Scope)[] Known =
        [("read", Scopes.Read), ("operate", Scopes.Operate), ("secrets", Scopes.Secrets), ("raw", Scopes.Raw)];

    /// <summary>All names, for messages.</summary>
    public static string List { get; } = string.Join(", ", Known.Select(k => k.Name));

    /// <summary>The scopes of a list of names; null when one of them is unknown.</summary>
    public static Scopes? Parse(IEnumerable<string> names)
    {
        var scopes = Scopes.None;
        foreach (var name in names)
        {
            var known = Array.Find(Known, k => k.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase));
            if (known.Name is null)
            {
                return null;
            }

            scopes |= known.Scope;
        }

        return scopes;
    }

    /// <summary>The names of scopes.</summary>
    public static IEnumerable<string> Of(Scopes scopes) => Known.Where(k => scopes.HasFlag(k.Scope)).Select(k => k.Name);

    /// <summary>The names of scopes in one text.</summary>
    public static string Text(Scopes scopes) => string.Join(", ", Of(scopes));
}
