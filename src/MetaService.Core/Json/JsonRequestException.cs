namespace MetaService.Json;

/// <summary>
/// A request body that is not the JSON form of the message it should be. The message names the place and what belongs there and
/// never repeats what was found: a body may hold access keys. For the same reason there is no inner exception.
/// </summary>
public sealed class JsonRequestException : Exception
{
    /// <param name="path">See <see cref="Path"/>.</param>
    /// <param name="line">Line of the fault, from 1.</param>
    /// <param name="byteInLine">Byte within the line, from 1.</param>
    /// <param name="expected">What belongs there.</param>
    public JsonRequestException(string path, long line, long byteInLine, string expected)
        : base($"{(path.Length == 0 ? "request body" : path)}: expected {expected} (line {line}, byte {byteInLine})")
    {
        Path = path;
        Line = line;
        ByteInLine = byteInLine;
        Expected = expected;
    }

    /// <summary>
    /// Known field names down to the fault, such as <c>cluster.nodes[1].heartbeat_port</c>. Map entries count from 0 like array
    /// elements: their keys are the sender's. Empty at the root.
    /// </summary>
    public string Path { get; }

    /// <summary>Line of the fault, from 1.</summary>
    public long Line { get; }

    /// <summary>Byte within the line, from 1. A byte order mark is not counted.</summary>
    public long ByteInLine { get; }

    /// <summary>What belongs at the place of the fault.</summary>
    public string Expected { get; }
}
