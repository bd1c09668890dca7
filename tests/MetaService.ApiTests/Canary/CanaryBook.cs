using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;

namespace MetaService.ApiTests.Canary;

/// <summary>What a canary stands for, which decides where it may turn up (<see cref="CanaryRules"/>).</summary>
public enum CanaryKind
{
    /// <summary>A token, right or wrong.</summary>
    Token,

    /// <summary>An ak or a sk in its place.</summary>
    Secret,

    /// <summary>A secret of a vault or stage that is no ak and no sk: of hdfs_confs, properties, the path of a keytab.</summary>
    Conf,

    /// <summary>A secret by mistake where nothing is kept: unknown fields, malformed JSON, headers, unknown parameters.</summary>
    Pasted,

    /// <summary>A secret by mistake in a path, of which ASP.NET itself tells those who attach to the process.</summary>
    Path,

    /// <summary>A field of a newer version in a gRPC message, which is kept as it is.</summary>
    UnknownField,

    /// <summary>A text that is kept and shown: names, ids, addresses.</summary>
    Name,

    /// <summary>The id of an instance, which the log line of a request names too.</summary>
    InstanceId,
}

/// <summary>A text that exists nowhere but where it was sent.</summary>
/// <param name="Place">Where that was, for the message of a failure.</param>
public sealed record Canary(string Text, CanaryKind Kind, string Place);

/// <summary>
/// Makes canaries. Each is a marker that one run has for itself and a number, so that one search finds all of them. Thread-safe.
/// </summary>
public sealed class CanaryBook
{
    public const int NumberLength = 6;

    private readonly ConcurrentDictionary<int, Canary> _canaries = new();
    private int _count;

    /// <summary>What each canary begins with: letters only, which no escaping changes but one that changes everything.</summary>
    public string Marker { get; } = "Cq" + RandomNumberGenerator.GetString("BDFGHJKLMNPRSTVWXZ", 10);

    /// <summary>The same for canaries that are numbers: 18 digits with their own number.</summary>
    public string DigitMarker { get; } = RandomNumberGenerator.GetString("123456789", 12);

    public int Count => _count;

    /// <summary>A new canary; those that are secrets have characters in them that URLs, JSON and forms escape.</summary>
    public string New(CanaryKind kind, string place)
    {
        var tail = kind is CanaryKind.Token or CanaryKind.Secret or CanaryKind.Conf ? "/+=" : "";
        return Add(Marker, tail, kind, place);
    }

    /// <summary>A new canary that is a number.</summary>
    public string NewNumber(CanaryKind kind, string place) => Add(DigitMarker, "", kind, place);

    /// <summary>The canary with a number; null when there is none.</summary>
    public Canary? Find(ReadOnlySpan<char> number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? _canaries.GetValueOrDefault(index)
            : null;

    private string Add(string marker, string tail, CanaryKind kind, string place)
    {
        var number = Interlocked.Increment(ref _count);
        var text = string.Create(CultureInfo.InvariantCulture, $"{marker}{number:D6}{tail}");
        _canaries[number] = new Canary(text, kind, place);
        return text;
    }
}
