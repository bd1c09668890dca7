using MetaService.Server.Access;

namespace MetaService.Server.Replies;

/// <summary>A read whose replies are kept.</summary>
/// <param name="Name">The endpoint.</param>
/// <param name="Scope">What a caller must be allowed.</param>
/// <param name="HasBody">Whether its request is in the body.</param>
/// <param name="Number">Tells it from the others.</param>
internal sealed record ReadPath(string Name, Scopes Scope, bool HasBody, byte Number);

/// <summary>The paths of reads whose replies are kept; complete once all endpoints are mapped.</summary>
public sealed class ReadPaths
{
    private readonly Dictionary<string, ReadPath> _all = new(StringComparer.OrdinalIgnoreCase);

    internal IReadOnlyDictionary<string, ReadPath> All => _all;

    /// <summary>Adds a read under all of its paths.</summary>
    public void Add(string name, Scopes scope, bool hasBody, params string[] paths)
    {
        var read = new ReadPath(name, scope, hasBody, checked((byte)_all.Count));
        foreach (var path in paths)
        {
            _all.Add(path, read);
        }
    }
}
